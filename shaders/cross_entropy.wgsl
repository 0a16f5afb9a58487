// loss[r] = w[r] (log(sum exp(x[r])) - x[r, t[r]]), gradient[r, c] = w[r] (softmax(x[r])[c] - [c = t[r]]); one invocation per row.
{% from "shared/each.wgsl" import each %}
struct Params {
    rows: u32,
    columns: u32,
}
{{ params }}

@group(0) @binding(0) var<storage, read> x: array<f32>; // [rows, columns]
@group(0) @binding(1) var<storage, read> wanted: array<u32>; // [rows]
@group(0) @binding(2) var<storage, read> weights: array<f32>; // [rows]
@group(0) @binding(3) var<storage, read_write> loss: array<f32>; // [rows]
@group(0) @binding(4) var<storage, read_write> gradient: array<f32>; // [rows, columns]

{% call(row) each("params.rows", 64) %}
    let start = row * params.columns;
    var largest = x[start];
    for (var c = 1u; c < params.columns; c += 1u) {
        largest = max(largest, x[start + c]);
    }
    var sum = 0.0;
    for (var c = 0u; c < params.columns; c += 1u) {
        sum += exp(x[start + c] - largest);
    }
    let weight = weights[row];
    // A class beyond the last is a bug of the caller; it is read as the last.
    let target_class = min(wanted[row], params.columns - 1u);
    loss[row] = weight * (log(sum) + largest - x[start + target_class]);
    for (var c = 0u; c < params.columns; c += 1u) {
        let probability = exp(x[start + c] - largest) / sum;
        gradient[start + c] = weight * (probability - select(0.0, 1.0, c == target_class));
    }
{% endcall %}
