// The number of this workgroup in a row of workgroups that is folded into x and y.
fn workgroup_number(workgroup: vec3<u32>, grid: vec3<u32>) -> u32 {
    return workgroup.y * grid.x + workgroup.x;
}
