// Hours out of minutes: sums, the worst minute's p95 and p99, and the mean of the p50. The set-up puts the name
// of the bucket in. The last two hours are computed again each time, and overwrite themselves.
import "date"

option task = {name: "uwsgi_log_1h", every: 5m, offset: 30s}

hours = (fields, fn) =>
    from(bucket: "@ROLLUPS@")
        |> range(start: date.truncate(t: -2h, unit: 1h), stop: now())
        |> filter(fn: (r) => r._measurement == "uwsgi_log_1m" and contains(value: r._field, set: fields))
        |> group(columns: ["_field", "host", "route", "method", "status_class"])
        |> aggregateWindow(every: 1h, fn: fn, timeSrc: "_start", createEmpty: false)
        |> map(fn: (r) => ({r with _measurement: "uwsgi_log_1h", _time: date.truncate(t: r._time, unit: 1h)}))
        |> to(bucket: "@ROLLUPS@", tagColumns: ["host", "route", "method", "status_class"])

hours(fields: ["count", "errors", "bytes"], fn: sum)
hours(fields: ["p50"], fn: mean)
hours(fields: ["p95", "p99"], fn: max)
