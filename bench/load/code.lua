-- The exchange of the codes that authorize.lua left. Run it for a shorter time: a request that finds no
-- code left is an error.
local common = require("common")
local threads = {}
local codes, verifier, headers, at = {}, nil, nil, 0

function setup(thread)
  thread:set("number", #threads)
  threads[#threads + 1] = thread
end

function init()
  codes = common.read("codes." .. number)
  verifier = common.read("verifier")[1]
  headers = common.basic()
end

function request()
  at = at + 1
  local code = codes[at] or "none-left"
  return common.form("grant_type=authorization_code&code=" .. code .. "&code_verifier=" .. verifier, headers)
end
