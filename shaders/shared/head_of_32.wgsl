// One head of 32 channels in one subgroup of eight lanes: a lane holds four channels, matrices are 32 named rows, and a value
// of another lane comes by subgroupBroadcast.

// The largest of the lanes' four values each.
fn largest_of(x: vec4<f32>) -> f32 {
    return subgroupMax(max(max(x.x, x.y), max(x.z, x.w)));
}

// The sum of the lanes' four values each.
fn sum_of(x: vec4<f32>) -> f32 {
    return subgroupAdd((x.x + x.y) + (x.z + x.w));
}

// Softmax over the head's channels.
fn softmax(x: vec4<f32>) -> vec4<f32> {
    let powers = exp(x - largest_of(x));
    return powers * (1.0 / sum_of(powers));
}
