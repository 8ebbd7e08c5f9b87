-- Sends prepared requests in turn, each signed on its own, and checks every answer.
--
-- Arguments: a file of records, the expected status, how bodies look ("digits": 16 digits repeated; "prefix:TEXT": the
-- answer contains TEXT; "none"). A record is: method, path, number of header lines, body ("-" or 16 digits to repeat),
-- and the header lines below.

local threads = {}

function setup(thread)
  thread:set("number", #threads)
  table.insert(threads, thread)
end

function init(arguments)
  status, look = tonumber(arguments[2]), arguments[3]
  total = tonumber(arguments[4])
  prepared, bad, answered = {}, 0, 0
  for line in io.lines(arguments[1]) do
    local method, path = line:match("^(%u+) (.*)$")
    records = records or {}
    table.insert(records, line)
  end
  local at = 1
  while at <= #records do
    local method, path, count, kind = records[at]:match("^(%u+) (%S+) (%d+) (%S+)$")
    local headers = {}
    for line = at + 1, at + tonumber(count) do
      local name, value = records[line]:match("^([^:]+): (.*)$")
      headers[name] = value
    end
    local body = nil
    if kind ~= "-" then
      body = kind:rep(640)
    end
    table.insert(prepared, wrk.format(method, path, headers, body))
    at = at + 1 + tonumber(count)
  end
  records = nil
  turn = math.floor(#prepared / total * number)
end

function request()
  turn = turn % #prepared + 1
  return prepared[turn]
end

function response(code, headers, body)
  answered = answered + 1
  local good = code == status
  if good and look == "digits" then
    good = #body == 10240 and body == body:sub(1, 16):rep(640)
  elseif good and look:sub(1, 7) == "prefix:" then
    good = body:find(look:sub(8), 1, true) ~= nil
  end
  if not good then
    bad = bad + 1
    if bad == 1 then
      io.stderr:write("unexpected answer: ", code, " ", body:sub(1, 600), "\n")
    end
  end
end

function done(summary, latency, requests)
  local bad, answered = 0, 0
  for _, thread in ipairs(threads) do
    bad = bad + thread:get("bad")
    answered = answered + thread:get("answered")
  end
  local errors = summary.errors
  local failed = bad + errors.connect + errors.read + errors.write + errors.timeout
  print(string.format("RESULT %d %d %d %d", answered, summary.duration, failed, summary.bytes))
end
