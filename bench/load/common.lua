-- What every load has in common: the folder of prepared tokens, and one line of results at the end.

local common = { folder = os.getenv("BENCH_FOLDER") }

function common.read(name)
  local lines = {}
  for line in io.lines(common.folder .. "/" .. name) do
    lines[#lines + 1] = line
  end
  return lines
end

function common.form(body, headers)
  local all = { ["Content-Type"] = "application/x-www-form-urlencoded" }
  for name, value in pairs(headers or {}) do
    all[name] = value
  end
  return wrk.format("POST", nil, all, body)
end

function common.basic()
  return { ["Authorization"] = common.read("basic")[1] }
end

-- requests, microseconds, 99th percentile in microseconds, answers that were errors
function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format("RESULT %d %d %d %d\n", summary.requests, summary.duration, latency:percentile(99), failed))
end

return common
