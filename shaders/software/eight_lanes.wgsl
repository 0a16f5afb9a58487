{#- Eight lanes compute one head, or what else a unit of a kernel is. A subgroup of sixteen computes two units, one in each half; what the
    lanes of a unit share must not leave its half. For software Vulkan alone, see README.md. -#}

{#- Inside main: `lane` of a unit's eight, and the number of this half's unit. A half without a unit computes the subgroup's other one again:
    both run in lockstep, so that they load and store the same values at the same time. -#}
{%- macro unit(number, units, lanes) -%}
    let lane = {{ lane(lanes) }};
    let {{ number }} = min({{ plus_half("workgroup_number(workgroup, grid) * " ~ lanes // 8 ~ "u", 1, lanes) }}, {{ units }} - 1u);
{%- endmacro -%}

{#- The lane of a unit's eight. -#}
{%- macro lane(lanes) -%}
{{ "invocation" if lanes == 8 else "invocation % 8u" }}
{%- endmacro -%}

{#- x, in the upper half x + step. With eight lanes it stays uniform, so that loads from it are single ones. -#}
{%- macro plus_half(x, step, lanes) -%}
{{ x if lanes == 8 else x ~ " + invocation / 8u * " ~ step ~ "u" }}
{%- endmacro -%}

{#- Declares sum_of_eight and max_of_eight of a type: reductions over the unit's eight lanes, in each of them, by butterflies of three
    shuffles, which do not leave a half. -#}
{%- macro reductions(type) -%}
fn sum_of_eight(x: {{ type }}, invocation: u32) -> {{ type }} {
    var sum = x + subgroupShuffle(x, invocation ^ 1u);
    sum += subgroupShuffle(sum, invocation ^ 2u);
    return sum + subgroupShuffle(sum, invocation ^ 4u);
}

fn max_of_eight(x: {{ type }}, invocation: u32) -> {{ type }} {
    var largest = max(x, subgroupShuffle(x, invocation ^ 1u));
    largest = max(largest, subgroupShuffle(largest, invocation ^ 2u));
    return max(largest, subgroupShuffle(largest, invocation ^ 4u));
}
{%- endmacro %}

{#- The value of x in the unit's lane l, a literal, in all of its lanes. -#}
{%- macro broadcast(x, l, lanes) -%}
{%- if lanes == 8 -%}
subgroupBroadcast({{ x }}, {{ l }}u)
{%- else -%}
select(subgroupBroadcast({{ x }}, {{ l }}u), subgroupBroadcast({{ x }}, {{ l + 8 }}u), invocation >= 8u)
{%- endif -%}
{%- endmacro -%}
