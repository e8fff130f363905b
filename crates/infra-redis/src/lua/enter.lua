-- A user comes by way of a replica. ARGV: user, name, since, replica, lease. Answers 1 where they were not there.
local before = hold(ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5]))
return (before and next(before.leases)) and 0 or 1
