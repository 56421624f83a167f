"""Models on other machines: any endpoint that speaks OpenAI's protocol."""
