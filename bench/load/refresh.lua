-- Each connection spends a refresh token and gets its successor. An answer does not say on which
-- connection it came, and need not: any token that is free will do.
local common = require("common")
local threads = 0
local free, headers = {}, nil

function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

function init()
  headers = common.basic()
  for at, token in ipairs(common.read("refresh_tokens")) do
    if at % 2 == number % 2 then
      free[#free + 1] = token
    end
  end
end

function request()
  return common.form("grant_type=refresh_token&refresh_token=" .. table.remove(free, 1), headers)
end

function response(status, _, body)
  if status == 200 then
    free[#free + 1] = body:match('"refresh_token":"([^"]+)"')
  end
end
