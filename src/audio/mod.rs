//! What a roll sounds like: a small synthesiser and SoundFont playback, written as .wav.
