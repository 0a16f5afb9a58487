// The chunk of this invocation: positions from `first` to `end`, in steps of `stride`, of the channels from x[base] on.
    let row = item / params.vectors; // of [N, chunks]
    let vector = item - row * params.vectors;
    let sample = row / params.chunks;
    let chunk = row - sample * params.chunks;
    let base = sample * params.positions * params.vectors + vector;
    let first = chunk * params.chunk_offset;
    let end = min(first + params.chunk_span, params.positions);
