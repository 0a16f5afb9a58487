// Linear attention over one head of D = {{ depth }} channels, in tiles of {{ tile }} positions that are loaded to workgroup memory.

const WORKGROUP_SIZE = 256u;
const D = {{ depth }}u;
const TILE = {{ tile }}u;
const TILE_ELEMENTS = D * TILE;
// Invocations per position of a tile, which share its channels.
const PARTS = WORKGROUP_SIZE / TILE;

// Two operands, [TILE, D].
var<workgroup> rows_a: array<f32, {{ depth * tile }}>;
var<workgroup> rows_b: array<f32, {{ depth * tile }}>;
// Of each invocation.
var<workgroup> partials: array<f32, 256>;

// FXC, the compiler of DX12 without dxcompiler.dll, takes a member of `params` that is read inside of a loop for varying, and refuses the
// barriers after it. So kernels read the number of positions once, and hand it on.

// Index of channel 0 of q (k, v: which = 1, 2) at a position.
fn qkv_start(sample: u32, positions: u32, position: u32, which: u32, head: u32) -> u32 {
    return (((sample * positions + position) * 3u + which) * params.heads + head) * D;
}

// The largest and the sum of one value per invocation, over the PARTS invocations of a position.
fn largest_of_row(value: f32, invocation: u32) -> f32 {
    partials[invocation] = value;
    workgroupBarrier();
    let first = invocation / PARTS * PARTS;
    var largest = partials[first];
    for (var part = 1u; part < PARTS; part += 1u) {
        largest = max(largest, partials[first + part]);
    }
    workgroupBarrier();
    return largest;
}

fn sum_of_row(value: f32, invocation: u32) -> f32 {
    partials[invocation] = value;
    workgroupBarrier();
    let first = invocation / PARTS * PARTS;
    var sum = partials[first];
    for (var part = 1u; part < PARTS; part += 1u) {
        sum += partials[first + part];
    }
    workgroupBarrier();
    return sum;
}

// rows_a = D^-1/2 softmax(q) of the positions from `first` on, zeros past the end.
fn load_queries(sample: u32, positions: u32, head: u32, first: u32, invocation: u32) {
    let row = invocation / PARTS;
    let part = invocation % PARTS;
    let q = qkv_start(sample, positions, min(first + row, positions - 1u), 0u, head);
    var own_max = -3.4e38;
    for (var d = part; d < D; d += PARTS) {
        own_max = max(own_max, qkv[q + d]);
    }
    let max_q = largest_of_row(own_max, invocation);
    var own_sum = 0.0;
    for (var d = part; d < D; d += PARTS) {
        let exp_q = exp(qkv[q + d] - max_q);
        rows_a[row * D + d] = exp_q;
        own_sum += exp_q;
    }
    let scale_over_sum = params.scale / sum_of_row(own_sum, invocation);
    for (var d = part; d < D; d += PARTS) {
        rows_a[row * D + d] = select(0.0, rows_a[row * D + d] * scale_over_sum, first + row < positions);
    }
}
