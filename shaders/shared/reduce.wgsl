// Reductions over a workgroup of {{ lanes }} invocations: the sum or the maximum of one value per invocation, in a fixed order, returned
// to every invocation. All invocations must call together.
{% if one_subgroup %}
fn team_sum(value: f32, invocation: u32) -> f32 {
    return subgroupAdd(value);
}

fn team_max(value: f32, invocation: u32) -> f32 {
    return subgroupMax(value);
}
{% else %}
var<workgroup> team_values: array<f32, {{ lanes }}>;

fn team_sum(value: f32, invocation: u32) -> f32 {
    team_values[invocation] = value;
    workgroupBarrier();
    for (var half = {{ lanes }}u / 2u; half > 0u; half = half / 2u) {
        if invocation < half {
            team_values[invocation] += team_values[invocation + half];
        }
        workgroupBarrier();
    }
    let sum = team_values[0];
    workgroupBarrier();
    return sum;
}

fn team_max(value: f32, invocation: u32) -> f32 {
    team_values[invocation] = value;
    workgroupBarrier();
    for (var half = {{ lanes }}u / 2u; half > 0u; half = half / 2u) {
        if invocation < half {
            team_values[invocation] = max(team_values[invocation], team_values[invocation + half]);
        }
        workgroupBarrier();
    }
    let largest = team_values[0];
    workgroupBarrier();
    return largest;
}
{% endif %}
