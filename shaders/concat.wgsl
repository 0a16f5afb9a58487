// y[r] = a[r] followed by b[r]
{% from "shared/each.wgsl" import each %}
{% include "shared/join.wgsl" %}

@group(0) @binding(0) var<storage, read> a: array<Value>; // [rows, first]
@group(0) @binding(1) var<storage, read> b: array<Value>; // [rows, second]
@group(0) @binding(2) var<storage, read_write> y: array<Value>; // [rows, first + second]

{% call(i) each("blocks()", 64) %}
    let block = block_of(i);
    for (var row = block.row; row < block.end; row += 1u) {
        if block.column < params.first {
            y[row * columns() + block.column] = a[row * params.first + block.column];
        } else {
            y[row * columns() + block.column] = b[row * params.second + block.column - params.first];
        }
    }
{% endcall %}
