// The chunk of this invocation, and the coefficients of its channels.
    let row = item / params.vectors; // of [N, chunks]
    let vector = item - row * params.vectors;
    let sample = row / params.chunks;
    let chunk = row - sample * params.chunks;
    let at = (sample * 4u) * params.vectors + vector;
    let mean = coefficients[at];
    let gain = coefficients[at + params.vectors];
    let offset = coefficients[at + 2u * params.vectors];
    let start = sample * params.positions * params.vectors + vector;
    let end = min(chunk * params.chunk_offset + params.chunk_span, params.positions);
