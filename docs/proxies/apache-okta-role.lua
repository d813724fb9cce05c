-- Asks okta-role-operator about each request, for Apache httpd: see apache.conf.

local socket = require "socket"

-- What the application is told, by the webhook alone.
local TOLD = {
  "X-Auth-Request-User", "X-Auth-Request-Email", "X-Auth-Request-Organization",
  "X-Auth-Request-Roles", "X-Auth-Request-Roles-Omitted", "X-Auth-Request-Assertion",
}

-- What the webhook needs to see of a request: whose it is, and whether a person goes somewhere with it.
local ASKED = {
  "Cookie", "Accept", "Sec-Fetch-Mode", "Sec-Fetch-Dest", "Sec-Purpose", "Purpose", "X-Requested-With", "Upgrade",
}

-- What comes back with a refusal, beside its Content-Type.
local ANSWERED = {
  ["location"] = true, ["set-cookie"] = true, ["retry-after"] = true, ["www-authenticate"] = true,
  ["cache-control"] = true, ["referrer-policy"] = true, ["content-security-policy"] = true,
  ["x-content-type-options"] = true, ["x-frame-options"] = true,
}

-- CGI, WSGI and PHP make underscores of all that isn't a letter or digit.
local function folded(name)
  return (name:lower():gsub("[^a-z0-9]", "_"))
end

local told_folded = {}
for _, name in ipairs(TOLD) do told_folded[folded(name)] = true end

-- On one line, whatever is in it.
local function line(name, value)
  return name .. ": " .. tostring(value):gsub("[\r\n]", " ") .. "\r\n"
end

-- The webhook's cookies are not the application's business. A second header of them stands behind a comma here.
local function without_ours(cookies)
  local kept = {}
  for _, prefix in ipairs({ "okta%-role%-", "__Host%-okta%-role%-", "__Secure%-okta%-role%-" }) do
    cookies = cookies:gsub(",%s*(" .. prefix .. ")", "; %1")
  end
  for pair in cookies:gmatch("[^;]+") do
    local cookie = pair:match("^%s*(.-)%s*$")
    local name = cookie:gsub("^__Host%-", "", 1)
    if name == cookie then name = cookie:gsub("^__Secure%-", "", 1) end
    if cookie ~= "" and name:sub(1, 10) ~= "okta-role-" then kept[#kept + 1] = cookie end
  end
  return table.concat(kept, "; ")
end

-- An answer of the webhook, or nil where it gives none.
local function ask(r, webhook, question)
  local host, port = webhook:match("^http://([^:/]+):(%d+)/$")
  local asked = "GET " .. question .. " HTTP/1.1\r\n" .. line("Host", host .. ":" .. port) .. "Connection: close\r\n"
  for _, name in ipairs(ASKED) do
    local value = r.headers_in[name]
    if value then asked = asked .. line(name, value) end
  end
  asked = asked .. line("X-Forwarded-Host", r.headers_in["Host"] or "") .. line("X-Forwarded-Method", r.method)
    .. line("X-Forwarded-Uri", r.unparsed_uri)

  local connection = socket.tcp()
  connection:settimeout(3)
  if not connection:connect(host, tonumber(port)) then return nil end
  connection:settimeout(5)
  connection:send(asked .. "\r\n")
  local first = connection:receive("*l")
  local status = first and tonumber(first:match("^HTTP/1%.%d (%d%d%d)"))
  local headers, length = {}, 0
  while status do
    local header = connection:receive("*l")
    if header == nil then status = nil break end
    if header == "" then break end
    local name, value = header:match("^([^:]+):%s*(.-)%s*$")
    if name then
      headers[#headers + 1] = { name:lower(), value }
      if name:lower() == "content-length" then length = tonumber(value) or 0 end
    end
  end
  local body = status and length > 0 and connection:receive(length) or ""
  connection:close()
  return status and { status = status, headers = headers, body = body }
end

-- httpd's tables of headers take one of a name; this is its way to send several cookies.
local function set_cookie(r, header)
  local key, value = header:match("^([^=;]+)=([^;]*)")
  local attributes = {}
  for name, content in header:gmatch(";%s*([^=;]+)=?([^;]*)") do attributes[name:lower()] = content end
  local age = tonumber(attributes["max-age"])
  r:setcookie({
    key = key, value = value, path = attributes.path, domain = attributes.domain,
    expires = age and (age == 0 and 1 or os.time() + age),
    secure = attributes.secure ~= nil, httponly = attributes.httponly ~= nil,
  })
end

local function refuse(r, answer)
  for _, header in ipairs(answer.headers) do
    local name, value = header[1], header[2]
    if name == "content-type" then r.content_type = value
    elseif name == "set-cookie" then set_cookie(r, value)
    elseif ANSWERED[name] then r.err_headers_out[name] = value end
  end
  r.status = answer.status
  r:write(answer.body)
  return apache2.DONE
end

local UNDECIDED = {
  status = 503,
  headers = { { "content-type", "text/plain" }, { "cache-control", "no-store" }, { "retry-after", "5" } },
  body = "Nobody can say just now whether you are signed in. Try again in a moment.\n",
}

function check(r)
  local webhook = r.subprocess_env["okta_role_webhook"]
  local question = r.subprocess_env["okta_role_question"]
  if not webhook or not question then return 500 end
  -- Where it goes has been decided: what is for the webhook needs nobody's leave.
  if (r.filename or ""):sub(1, 6 + #webhook) == "proxy:" .. webhook then return apache2.DECLINED end

  local answer = ask(r, webhook, question)
  if answer == nil or answer.status < 200 or answer.status >= 500 then return refuse(r, UNDECIDED) end
  if answer.status ~= 200 then return refuse(r, answer) end

  local told = {}
  for _, header in ipairs(answer.headers) do told[header[1]] = header[2] end
  for name in pairs(r:headers_in_table()) do
    if told_folded[folded(name)] then r.headers_in[name] = nil end
  end
  for _, name in ipairs(TOLD) do r.headers_in[name] = told[name:lower()] or "" end
  local cookies = r.headers_in["Cookie"]
  if cookies then
    local others = without_ours(cookies)
    r.headers_in["Cookie"] = others ~= "" and others or nil
  end
  -- What Connection names is dropped on the way: it must not name what we say. And WebSockets only: over another
  -- protocol, such as h2c, requests would pass that httpd doesn't see.
  local upgrade, connection = r.headers_in["Upgrade"], r.headers_in["Connection"] or ""
  if upgrade and upgrade:lower() == "websocket" then
    r.headers_in["Connection"] = "upgrade"
  else
    r.headers_in["Connection"] = connection:lower():find("close", 1, true) and "close" or nil
    r.headers_in["Upgrade"] = nil
  end
  return apache2.DECLINED
end
