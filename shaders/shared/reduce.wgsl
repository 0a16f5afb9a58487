// Reductions over a workgroup of {{ invocations }} invocations: the sum or the maximum of one value per invocation, in a fixed order, returned
// to every invocation. All invocations must call together.
{% if one_subgroup %}
fn workgroup_sum(value: f32, invocation: u32) -> f32 {
    return subgroupAdd(value);
}

fn workgroup_max(value: f32, invocation: u32) -> f32 {
    return subgroupMax(value);
}
{% else %}
var<workgroup> reduced: array<f32, {{ invocations }}>;

fn workgroup_sum(value: f32, invocation: u32) -> f32 {
    reduced[invocation] = value;
    workgroupBarrier();
    for (var half = {{ invocations }}u / 2u; half > 0u; half = half / 2u) {
        if invocation < half {
            reduced[invocation] += reduced[invocation + half];
        }
        workgroupBarrier();
    }
    let sum = reduced[0];
    workgroupBarrier();
    return sum;
}

fn workgroup_max(value: f32, invocation: u32) -> f32 {
    reduced[invocation] = value;
    workgroupBarrier();
    for (var half = {{ invocations }}u / 2u; half > 0u; half = half / 2u) {
        if invocation < half {
            reduced[invocation] = max(reduced[invocation], reduced[invocation + half]);
        }
        workgroupBarrier();
    }
    let largest = reduced[0];
    workgroupBarrier();
    return largest;
}
{% endif %}
