{#- Entry points that many kernels have in common. A kernel imports one and calls it with the rest of its `main`; the parameter of
    the call names the index:

        {% from "shared/each.wgsl" import each %}
        ..
        {% call(i) each("params.quads", 256) %}
            y[i] = a[i] + b[i];
        {% endcall %}
-#}

{#- An invocation for each of `count` items, in workgroups of `size`. -#}
{%- macro each(count, size) -%}
{%- set i = caller.arguments[0] -%}
{% include "shared/index.wgsl" %}

@compute @workgroup_size({{ size }})
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
) {
    let {{ i }} = workgroup_number(workgroup, grid) * {{ size }}u + invocation;
    if {{ i }} < {{ count }} {
        {{- caller(i) }}
    }
}
{%- endmacro -%}

{#- A workgroup of `size` invocations for each of `count` items, as workgroup reductions need it. The parameters of the call name the
    item and the invocation. -#}
{%- macro workgroup_per(count, size) -%}
{%- set item, invocation = caller.arguments -%}
{% include "shared/index.wgsl" %}

@compute @workgroup_size({{ size }})
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) {{ invocation }}: u32,
) {
    let {{ item }} = workgroup_number(workgroup, grid);
    // The same for all invocations of a workgroup, so that barriers may follow.
    if {{ item }} >= {{ count }} {
        return;
    }
    {{- caller(item, invocation) }}
}
{%- endmacro -%}
