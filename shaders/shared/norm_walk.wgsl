// Where this lane's chunk lies, and the coefficients of its channels.
    let strip = item / params.pieces; // over N and chunks
    let piece = item - strip * params.pieces;
    let sample = strip / params.chunks;
    let chunk = strip - sample * params.chunks;
    let plane = (sample * 4u) * params.pieces + piece;
    let mean = norm[plane];
    let gain = norm[plane + params.pieces];
    let offset = norm[plane + 2u * params.pieces];
    let start = sample * params.positions * params.pieces + piece;
    let end = min(chunk * params.start_step + params.span, params.positions);
