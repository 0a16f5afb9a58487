// a[r] followed by b[r] = y[r]: the inverse of concat
{% from "shared/each.wgsl" import each %}
{% include "shared/join.wgsl" %}

@group(0) @binding(0) var<storage, read> y: array<Value>; // [rows, first + second]
@group(0) @binding(1) var<storage, read_write> a: array<Value>; // [rows, first]
@group(0) @binding(2) var<storage, read_write> b: array<Value>; // [rows, second]

{% call(i) each("blocks()", 64) %}
    let block = block_of(i);
    for (var row = block.row; row < block.end; row += 1u) {
        if block.column < params.first {
            a[row * params.first + block.column] = y[row * columns() + block.column];
        } else {
            b[row * params.second + block.column - params.first] = y[row * columns() + block.column];
        }
    }
{% endcall %}
