-- The calls of one organization, counted for every process and machine that shares this Redis.
-- redis_state.py asks it for each call that starts or ends. The rule is that of pace.py: a call
-- counts for the minute until a minute after it ended.
--
-- KEYS  1 state, a hash   2 ended: calls by their end   3 flying: calls by the end of their lease
--       4 queue: waiters by their number   5 waiters: "till rate at_once delay for_end" of each
-- ARGV  1 operation   2 now, or '' for the clock of this server, the one that all machines share
--       3 window   4 minute   5 lease   6 a name for this life of the state, if it begins here
--       7, 8 life and count of the last answer that the caller had, '' and 0 without one
--       9 to 12 news of the day: limit, calls left, time until it resets, 1 if that was told;
--       all '' without news   13... what the operation takes
-- Times are whole microseconds. Of each process one call at most waits here, the first of its own.

local operation, window, minute, lease = ARGV[1], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local STATE_KEPT_MS, CALLS_KEPT_MS, WAKE_KEPT_MS = 26 * 3600 * 1000, 3600 * 1000, 60 * 1000
local SECOND, DAY = 1000000, 86400 * 1000000

local state = {}
local flat = redis.call('HGETALL', KEYS[1])
for at = 1, #flat, 2 do state[flat[at]] = flat[at + 1] end

-- A value that is no number, for whatever reason, is none; nor is inf, nan, or one beyond 2^53.
local function number(name)
    local found = tonumber(state[name] or '')
    if found and math.abs(found) < 9007199254740992 then return math.floor(found) end
end

-- Lua itself would write a large number with 14 digits.
local function text(value) return string.format('%.0f', value) end

local changed = {}
local function set(name, value)
    state[name] = type(value) == 'number' and text(value) or value
    changed[name] = true
end

local now = tonumber(ARGV[2])
if not now then
    local time = redis.call('TIME')
    now = tonumber(time[1]) * SECOND + tonumber(time[2])
end

local function hold(time) set('held_until', math.max(number('held_until') or 0, now + time)) end

-- The clock was set back, or another server took over: what is noted cannot be compared with now.
local last = number('now') or 0
if last - now > SECOND then
    redis.call('DEL', unpack(KEYS))
    state = {life = ARGV[6], count = number('count')}
    set('life', ARGV[6])
    hold(window)
elseif last > now then
    now = last
end
set('now', now)
-- Nothing of ours began later than now, or lasts for days: else all would wait for ever.
if (number('last_start') or 0) > now then state.last_start = nil end
if (number('withdrawn_at') or 0) > now then set('withdrawn_at', now) end
for _, name in ipairs({'held_until', 'day_till'}) do
    if (number(name) or 0) > now + 2 * DAY then state[name] = nil end
end

-- Calls that the caller knows of are not in this state: it was lost, or restored from an old copy.
-- Whatever was forgotten counts for a window at most.
local count = number('count') or 0
if ARGV[7] ~= '' and (ARGV[7] ~= state.life or tonumber(ARGV[8]) > count) then
    hold(window)
    -- Counted anew: else callers whose count is ahead would hold all again with each question.
    if ARGV[7] == state.life then set('life', ARGV[6]) end
end
if not state.life then set('life', ARGV[6]) end
count = count + 1
set('count', count)

-- Leases that ran out: the call ended at the latest when its process was last known to live.
for _, call in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', text(now))) do
    redis.call('ZADD', KEYS[2], redis.call('ZSCORE', KEYS[3], call), call)
    redis.call('ZREM', KEYS[3], call)
end
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', text(now - window))
-- Nothing of ours ends later than now, or is leased for days.
redis.call('ZREMRANGEBYSCORE', KEYS[2], '(' .. text(now), '+inf')
redis.call('ZREMRANGEBYSCORE', KEYS[3], text(now + DAY), '+inf')

local queue = {}
for _, name in ipairs(redis.call('ZRANGE', KEYS[4], 0, -1)) do
    local said = redis.call('HGET', KEYS[5], name) or ''
    local till, rate, at_once, delay, for_end = said:match('^(%d+) (%d+) (%d+) (%d+) ([01])$')
    if till and tonumber(till) > now then
        table.insert(queue, {
            name = name, till = tonumber(till), rate = tonumber(rate),
            at_once = tonumber(at_once), delay = tonumber(delay), for_end = for_end == '1',
        })
    else
        redis.call('ZREM', KEYS[4], name)
        redis.call('HDEL', KEYS[5], name)
    end
end

local function note(waiter)
    local limits = text(waiter.rate) .. ' ' .. text(waiter.at_once) .. ' ' .. text(waiter.delay)
    local line = text(waiter.till) .. ' ' .. limits .. ' ' .. (waiter.for_end and '1' or '0')
    redis.call('HSET', KEYS[5], waiter.name, line)
end

-- A list that a waiter blocks on.
local function wake_key(name) return KEYS[1] .. ':wake:' .. name end

-- One end of a call wakes one waiter; the next end wakes the next.
local function wake()
    for _, waiter in ipairs(queue) do
        if waiter.for_end then
            redis.call('RPUSH', wake_key(waiter.name), '1')
            redis.call('PEXPIRE', wake_key(waiter.name), WAKE_KEPT_MS)
            waiter.for_end = false
            return note(waiter)
        end
    end
end

local function drop(name)
    for at, waiter in ipairs(queue) do
        if waiter.name == name then
            table.remove(queue, at)
            redis.call('ZREM', KEYS[4], name)
            redis.call('HDEL', KEYS[5], name)
            return true
        end
    end
    return false
end

-- Of two counts of one day the lower one holds, for answers come out of order.
local function learn(limit, left, time, told)
    local till = now + time
    local same = told == '1' and state.day_told == '1' and state.day_limit == limit
        and math.abs((number('day_till') or 0) - till) < 60 * minute
    if same then left = math.min(left, number('day_left') or left) end
    set('day_limit', limit)
    set('day_left', left)
    set('day_till', till)
    set('day_told', told)
end
if (number('day_till') or 0) <= now and state.day_left then set('day_left', '') end
if ARGV[10] ~= '' then learn(ARGV[9], tonumber(ARGV[10]), tonumber(ARGV[11]), ARGV[12]) end

local function still_withdrawn()
    local back = math.floor((now - (number('withdrawn_at') or 0)) / minute)
    return math.max(0, (number('withdrawn') or 0) - back)
end

local function answer(verdict, wait, place)
    local pairs_of = {}
    for name in pairs(changed) do
        table.insert(pairs_of, name)
        table.insert(pairs_of, state[name])
    end
    redis.call('HSET', KEYS[1], unpack(pairs_of))
    redis.call('PEXPIRE', KEYS[1], STATE_KEPT_MS)
    for at = 2, 5 do redis.call('PEXPIRE', KEYS[at], CALLS_KEPT_MS) end
    local left, limit = number('day_left'), number('day_limit')
    local time = math.max(0, (number('day_till') or 0) - now)
    return {
        verdict, text(wait or 0), redis.call('ZCARD', KEYS[3]), place or 0, state.life,
        text(count), limit and text(limit) or '', left and text(left) or '', text(time),
        state.day_told or '',
    }
end

-- Return why a call may not start now, and for how long; nothing if it may.
local function obstacle(ask, place, flying)
    local ended = redis.call('ZCARD', KEYS[2])
    local too_many = ended + flying + place + 1 - ask.rate
    local ready = 0
    if number('last_start') then ready = number('last_start') + ask.delay * (place + 1) end
    if too_many > 0 and too_many <= ended then
        local first = redis.call('ZRANGE', KEYS[2], too_many - 1, too_many - 1, 'WITHSCORES')
        ready = math.max(ready, tonumber(first[2]) + window)
    end
    local held = number('held_until') or 0
    if held > math.max(ready, now) then return 'held', held - now end
    if ready > now then return 'pace', ready - now end
    local at_once = math.max(1, ask.at_once - still_withdrawn())
    if flying + place < at_once and too_many <= 0 then return end
    -- Whoever ends a call wakes us. The rest, leases that run out among them, only time can tell.
    local soon = now + lease
    local lasting = redis.call('ZRANGE', KEYS[3], 0, 0, 'WITHSCORES')
    if lasting[2] then soon = math.min(soon, tonumber(lasting[2])) end
    for at = 1, place do soon = math.min(soon, queue[at].till) end
    if still_withdrawn() > 0 then
        local since = (now - number('withdrawn_at')) % minute
        soon = math.min(soon, now + minute - since)
    end
    return 'flight', math.max(soon - now, 1000)
end

local function enter(call, rate, at_once, delay, reserve)
    -- The answer to the same question was lost on its way.
    if redis.call('ZSCORE', KEYS[3], call) then return answer('go') end
    local flying = redis.call('ZCARD', KEYS[3])
    local day_left = number('day_left')
    if day_left and day_left - flying < math.max(reserve, 1) then return answer('day') end
    local ask = {rate = rate, at_once = at_once, delay = delay}
    local place, queued = 0, false
    for _, waiter in ipairs(queue) do
        if waiter.name == call then queued = true break end
        place = place + 1
        -- Else one with looser limits would take each place that it waits for.
        ask.rate = math.min(ask.rate, waiter.rate)
        ask.at_once = math.min(ask.at_once, waiter.at_once)
        ask.delay = math.max(ask.delay, waiter.delay)
    end
    redis.call('DEL', wake_key(call))
    local what, wait = obstacle(ask, place, flying)
    if not what then
        drop(call)
        redis.call('ZADD', KEYS[3], text(now + lease), call)
        set('last_start', now)
        return answer('go')
    end
    if not queued then
        set('number', (number('number') or 0) + 1)
        redis.call('ZADD', KEYS[4], state.number, call)
    end
    note({
        name = call, rate = rate, at_once = at_once, delay = delay,
        till = now + wait + lease, for_end = what == 'flight',
    })
    return answer(what, wait, place)
end

if operation == 'enter' then
    local rate, at_once = tonumber(ARGV[14]), tonumber(ARGV[15])
    return enter(ARGV[13], rate, at_once, tonumber(ARGV[16]), tonumber(ARGV[17]))
elseif operation == 'leave' then
    for at = 13, #ARGV do
        redis.call('ZREM', KEYS[3], ARGV[at])
        redis.call('ZADD', KEYS[2], text(now), ARGV[at])
        wake()
    end
elseif operation == 'quit' then
    -- Whoever quits may have been let in without hearing of it; nothing was sent.
    local was_in = redis.call('ZREM', KEYS[3], ARGV[13]) == 1
    if drop(ARGV[13]) or was_in then wake() end
elseif operation == 'renew' then
    -- XX: a call that has left meanwhile must not come back.
    for at = 13, #ARGV do redis.call('ZADD', KEYS[3], 'XX', text(now + lease), ARGV[at]) end
elseif operation == 'hold' then
    hold(tonumber(ARGV[13]))
elseif operation == 'narrow' then
    set('withdrawn', math.max(0, math.min(still_withdrawn() + 1, tonumber(ARGV[13]) - 1)))
    set('withdrawn_at', now)
end
return answer('told')
