// Convolution, padding kernel / 2, as an implicit matrix product: C[pixel, n] = sum over taps and k of A[shifted pixel, k] W[tap, k, n].
{% if matrix %}
{% include "shared/matrix_enable.wgsl" %}
{% endif %}

fn source_pixel(pixel: vec2<i32>, tap: vec2<i32>) -> vec2<i32> {
    return pixel * {{ stride }} + tap - {{ kernel // 2 }};
}

{% include "shared/conv_operands.wgsl" %}
