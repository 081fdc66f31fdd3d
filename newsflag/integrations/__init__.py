"""newsflag inside other tools: data frames, engines and pipelines."""
