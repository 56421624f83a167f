"""Speech to text: programs that record, files of Whisper models, and a child process that writes down what it hears."""
