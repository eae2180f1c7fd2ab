-- A document that is open to everybody.
require("common")
