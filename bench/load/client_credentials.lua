local common = require("common")
local token

function init()
  token = common.form("grant_type=client_credentials&scope=profile", common.basic())
end

function request()
  return token
end
