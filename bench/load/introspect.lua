local common = require("common")
local introspect

function init()
  introspect = common.form("token=" .. common.read("access_token")[1], common.basic())
end

function request()
  return introspect
end
