use flocoder::bench::{Size, cases};
use flocoder::gpu::Gpu;
use std::time::Instant;
fn cpu() -> f64 {
    let text = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    let _ = text;
    let mut total = 0.0;
    for task in std::fs::read_dir("/proc/self/task").unwrap() {
        let s = std::fs::read_to_string(task.unwrap().path().join("schedstat")).unwrap();
        total += s.split_whitespace().next().unwrap().parse::<f64>().unwrap() / 1e6;
    }
    total
}
fn main() {
    let gpu = Gpu::open(None).unwrap();
    println!(
        "{} checked {} subgroup {:?} body {:?}",
        gpu.capabilities().name,
        flocoder::gpu::kernel::checked(),
        gpu.capabilities().subgroup_size,
        gpu.capabilities().body
    );
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    for case in cases::all(Size::Shipped) {
        if !wanted.iter().any(|w| case.kernel.starts_with(w.as_str())) {
            continue;
        }
        let tensors: Vec<_> = case.inputs.iter().map(|i| i.upload(&gpu)).collect();
        for _ in 0..3 {
            drop((case.run)(&gpu, &tensors));
        }
        gpu.wait().unwrap();
        let mut times = Vec::new();
        let mut cpus = Vec::new();
        for _ in 0..15 {
            let start = Instant::now();
            let c = cpu();
            for _ in 0..4 {
                drop((case.run)(&gpu, &tensors));
            }
            gpu.wait().unwrap();
            cpus.push((cpu() - c) / 4.0);
            times.push(start.elapsed().as_secs_f64() / 4.0 * 1e3);
        }
        cpus.sort_by(f64::total_cmp);
        times.sort_by(f64::total_cmp);
        println!(
            "{:28} {:28} cpu {:8.3} ms min {:8.3} ms  median {:8.3} ms  {:7.2} GFLOP/s {:7.2} GB/s",
            case.kernel,
            case.shape,
            cpus[5],
            times[0],
            times[7],
            case.flop / times[0] / 1e6,
            case.bytes / times[0] / 1e6
        );
    }
}
