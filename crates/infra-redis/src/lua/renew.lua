-- A replica says again who is there by way of it, and sees who lapsed. ARGV: replica, lease, and of each user: user, name,
-- since, and 1 where others know that they are there. Answers user, name, and 1 for who came or 0 for who went, of each
-- of whom others must be told.
local told = {}
local function tell(user, name, came)
  told[#told + 1] = user
  told[#told + 1] = name
  told[#told + 1] = came
end
for i = 3, #ARGV, 4 do
  local user, name = ARGV[i], ARGV[i + 1]
  local before = hold(user, name, ARGV[i + 2], ARGV[1], tonumber(ARGV[2]))
  local absent = not before or not next(before.leases)
  if absent and (ARGV[i + 3] == '0' or before and before.gone) then
    tell(user, name, '1')
  end
end
for _, user in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now)) do
  local record = read(user)
  if not record or record.gone then
    forget(user)
  elseif next(record.leases) then
    local look = 0
    for _, till in pairs(record.leases) do look = math.max(look, till) end
    write(user, record, look)
  else
    record.gone = true
    write(user, record, now + MEMORY)
    tell(user, record.name, '0')
  end
end
return told
