// The group of this workgroup, and the row and column of this invocation.
    let number = workgroup_number(workgroup, grid);
    if number >= params.samples * params.groups {
        return;
    }
    let sample = number / params.groups;
    let vectors = params.groups * params.group_vectors; // at a position
    let first = (number - sample * params.groups) * params.group_vectors; // vector of the group
    let column = invocation & (params.tile - 1u);
    let row = invocation / params.tile;
    let rows = WORKGROUP_SIZE / params.tile;
    let base = sample * params.positions * vectors + first; // of x at position 0
    let size = f32(params.positions * params.group_vectors * {{ vector }}u);
