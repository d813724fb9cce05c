-- Asks okta-role-operator about each request, for HAProxy: see haproxy.cfg.

-- What the application is told, by the webhook alone.
local TOLD = {
  "x-auth-request-user", "x-auth-request-email", "x-auth-request-organization",
  "x-auth-request-roles", "x-auth-request-roles-omitted", "x-auth-request-assertion",
}

-- What the webhook needs to see of a request: whose it is, and whether a person goes somewhere with it.
local ASKED = {
  "cookie", "accept", "sec-fetch-mode", "sec-fetch-dest", "sec-purpose", "purpose", "x-requested-with",
}

-- What comes back with a refusal.
local ANSWERED = {
  "content-type", "location", "set-cookie", "retry-after", "www-authenticate", "cache-control", "referrer-policy",
  "content-security-policy", "x-content-type-options", "x-frame-options",
}

-- CGI, WSGI and PHP make underscores of all that isn't a letter or digit.
local function folded(name)
  return (name:lower():gsub("[^a-z0-9]", "_"))
end

local told_folded = {}
for _, name in ipairs(TOLD) do told_folded[folded(name)] = true end

-- Values are counted from 0.
local function joined(values, separator)
  if values == nil then return nil end
  local all = {}
  for i = 0, #values do all[#all + 1] = values[i] end
  return table.concat(all, separator)
end

-- The webhook's cookies are not the application's business.
local function without_ours(cookies)
  local kept = {}
  for pair in cookies:gmatch("[^;]+") do
    local cookie = pair:match("^%s*(.-)%s*$")
    local name = cookie:gsub("^__Host%-", "", 1)
    if name == cookie then name = cookie:gsub("^__Secure%-", "", 1) end
    if cookie ~= "" and name:sub(1, 10) ~= "okta-role-" then kept[#kept + 1] = cookie end
  end
  return table.concat(kept, "; ")
end

local function refuse(txn, answer)
  local reply = txn:reply({ status = answer.status, reason = answer.reason })
  for _, name in ipairs(ANSWERED) do
    local values = answer.headers[name]
    if values then for i = 0, #values do reply:add_header(name, values[i]) end end
  end
  reply:set_body(answer.body or "")
  txn:done(reply)
end

local function undecided(txn)
  local reply = txn:reply({ status = 503, reason = "Service Unavailable" })
  reply:add_header("content-type", "text/plain")
  reply:add_header("cache-control", "no-store")
  reply:add_header("retry-after", "5")
  reply:set_body("Nobody can say just now whether you are signed in. Try again in a moment.\n")
  txn:done(reply)
end

core.register_action("okta_role", { "http-req" }, function(txn, question)
  local sent = txn.http:req_get_headers()
  local asked = {
    ["x-forwarded-host"] = { joined(sent["host"], ", ") or "" },
    ["x-forwarded-method"] = { txn.f:method() },
    ["x-forwarded-uri"] = { txn.f:pathq() },
  }
  for _, name in ipairs(ASKED) do
    local value = joined(sent[name], name == "cookie" and "; " or ", ")
    if value then asked[name] = { value } end
  end

  -- Of what isn't answered in time HAProxy asks three times more, over new connections: all in all it waits for 5 s.
  local answer = core.httpclient():get({ url = question, headers = asked, timeout = 1250 })
  -- HAProxy makes an answer of its own, or none, where the webhook gives none.
  if answer == nil or answer.status == nil or answer.status < 200 or answer.status >= 500 then return undecided(txn) end
  if answer.status ~= 200 then return refuse(txn, answer) end

  for name in pairs(sent) do
    if told_folded[folded(name)] then txn.http:req_del_header(name) end
  end
  for _, name in ipairs(TOLD) do
    txn.http:req_set_header(name, joined(answer.headers[name], "") or "")
  end
  local cookies = joined(sent["cookie"], "; ")
  if cookies then
    local others = without_ours(cookies)
    txn.http:req_del_header("cookie")
    if others ~= "" then txn.http:req_set_header("cookie", others) end
  end
  -- What Connection names is dropped on the way: it must not name what we say. And WebSockets only: over another
  -- protocol, such as h2c, requests would pass that HAProxy doesn't see.
  local upgrade = joined(sent["upgrade"], ", ")
  txn.http:req_del_header("connection")
  if upgrade and upgrade:lower() == "websocket" then
    txn.http:req_set_header("connection", "upgrade")
  else
    txn.http:req_del_header("upgrade")
  end
end, 1)
