// Convolution, padding kernel / 2, as an implicit matrix product: C[position, n] = sum over taps and k of A[shifted position, k] W[tap, k, n].
{% if matrix %}
{% include "shared/matrix_enable.wgsl" %}
{% endif %}

fn source_position(position: vec2<i32>, tap: vec2<i32>) -> vec2<i32> {
    return position * {{ stride }} + tap - {{ kernel // 2 }};
}

{% include "shared/conv_operands.wgsl" %}
