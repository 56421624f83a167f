"""What requests may say, checked by pydantic; unknown fields are ignored, as OpenAI's clients expect."""
