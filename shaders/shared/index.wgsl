// The number of this workgroup in a folded row of workgroups.
fn workgroup_number(workgroup: vec3<u32>, grid: vec3<u32>) -> u32 {
    return workgroup.y * grid.x + workgroup.x;
}
