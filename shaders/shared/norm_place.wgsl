// Which group this team has, and this lane's place in it.
    let number = workgroup_number(workgroup, grid);
    if number >= params.samples * params.groups {
        return;
    }
    let sample = number / params.groups;
    let all = params.groups * params.pieces; // pieces of a pixel
    let group = (number - sample * params.groups) * params.pieces; // first piece of the group
    let column = lane & (params.tile - 1u);
    let row = lane / params.tile;
    let rows = LANES / params.tile;
    let start = sample * params.positions * all + group;
    let size = f32(params.positions * params.pieces * {{ vector }}u);
