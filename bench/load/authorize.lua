-- The authorization endpoint for a person who has a session and has consented: an answer with a code.
-- The codes are kept for the exchange.
local common = require("common")
local threads = {}
local authorize, file

function setup(thread)
  thread:set("number", #threads)
  threads[#threads + 1] = thread
end

function init()
  authorize = wrk.format("GET", common.read("authorize")[1], { ["Cookie"] = common.read("cookie")[1] })
  file = io.open(common.folder .. "/codes." .. number, "w")
end

function request()
  return authorize
end

function response(_, headers)
  file:write((headers["Location"] or headers["location"]):match("code=([^&]+)"), "\n")
end
