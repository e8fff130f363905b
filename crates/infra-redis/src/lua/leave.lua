-- A user goes from a replica. ARGV: user, replica. Answers 1 where they are not there any more and nobody has been told.
local record = read(ARGV[1])
if not record then return 1 end
record.leases[ARGV[2]] = nil
if next(record.leases) then
  redis.call('HSET', KEYS[1], ARGV[1], cjson.encode(record))
  return 0
end
forget(ARGV[1])
return record.gone and 0 or 1
