// Per minute and route: count, errors, p50, p95, p99, bytes. The set-up puts the names of the buckets in.
// The last ten minutes are computed again each time, and overwrite themselves: a slow request is logged
// when it ends, but counts for the minute in which it began.
import "date"

option task = {name: "uwsgi_log_1m", every: 1m, offset: 10s}

tags = ["_field", "host", "route", "method", "status_class"]

minutes = (field) =>
    from(bucket: "@RAW@")
        |> range(start: date.truncate(t: -10m, unit: 1m), stop: date.truncate(t: now(), unit: 1m))
        |> filter(fn: (r) => r._measurement == "uwsgi_log" and r._field == field)
        |> group(columns: tags)

save = (tables=<-, field) =>
    tables
        |> map(fn: (r) => ({r with _measurement: "uwsgi_log_1m", _field: field}))
        |> to(bucket: "@ROLLUPS@", tagColumns: ["host", "route", "method", "status_class"])

rank = (q, tables=<-, column) =>
    tables
        |> quantile(q: q, method: "exact_selector", column: column)

times = minutes(field: "resTime")

times
    |> aggregateWindow(every: 1m, fn: count, timeSrc: "_start", createEmpty: false)
    |> save(field: "count")

times
    |> filter(fn: (r) => r.status_class == "5xx")
    |> aggregateWindow(every: 1m, fn: count, timeSrc: "_start", createEmpty: false)
    |> save(field: "errors")

times
    |> aggregateWindow(every: 1m, fn: (column, tables=<-) => tables |> rank(q: 0.5, column: column), timeSrc: "_start", createEmpty: false)
    |> save(field: "p50")

times
    |> aggregateWindow(every: 1m, fn: (column, tables=<-) => tables |> rank(q: 0.95, column: column), timeSrc: "_start", createEmpty: false)
    |> save(field: "p95")

times
    |> aggregateWindow(every: 1m, fn: (column, tables=<-) => tables |> rank(q: 0.99, column: column), timeSrc: "_start", createEmpty: false)
    |> save(field: "p99")

minutes(field: "resSize")
    |> aggregateWindow(every: 1m, fn: sum, timeSrc: "_start", createEmpty: false)
    |> save(field: "bytes")
