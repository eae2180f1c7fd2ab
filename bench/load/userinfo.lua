local common = require("common")
local userinfo

function init()
  userinfo = wrk.format("GET", nil, { ["Authorization"] = "Bearer " .. common.read("access_token")[1] })
end

function request()
  return userinfo
end
