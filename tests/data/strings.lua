-- SPDX-License-Identifier: MIT
-- Strings, patterns, tables, closures, coroutines, metatables, integer arithmetic, errors.
local function show(...) print(table.unpack({...}, 1, select("#", ...))) end

-- Strings and patterns.
local text = "The quick brown fox jumps over the lazy dog, again and again."
for word, place in text:gmatch("(%a+)()") do io.write(word:upper(), ":", place, " ") end
print()
show(text:gsub("(%w+) (%w+)", "%2 %1", 3))
show(text:gsub("a", {a = "4"}), text:find("lazy", 1, true), text:match("^(%S+).-(%a+)%.$"))
show(("x"):rep(5, "-"), ("abc"):byte(1, -1), ("%q"):format('a\n"b"\\\0c'))
show(string.pack("<i4>i2z", -2, 258, "end"):byte(1, -1))
show(string.unpack("<I3", "\1\2\3rest"))
show(utf8.char(72, 228, 8364, 128512), utf8.len("häß€"), utf8.codepoint("€", 1))
for _, code in utf8.codes("aß€") do io.write(code, " ") end
print(("%5d|%-5d|%05d|%+d|%x|%X|%o|%c|%10.3s|%-6s|"):format(42, 42, 42, 42, 255, 255, 8, 65,
                                                         "abcdef", "ab"))

-- Tables: a sort that is not stable must still give the same with unique keys.
local records = {}
local state = 12345
local function random(limit)
    state = (state * 1103515245 + 12345) & 0x7fffffff
    return state % limit
end
for i = 1, 500 do records[i] = {key = random(100), id = i} end
table.sort(records, function(a, b)
    if a.key ~= b.key then return a.key < b.key end
    return a.id > b.id
end)
local sum = 0
for i, record in ipairs(records) do sum = (sum * 31 + record.key * i + record.id) % 1000003 end
show("sorted", sum, records[1].key, records[1].id, records[500].key, records[500].id)
local moved = table.move({1, 2, 3, 4, 5}, 2, 5, 1)
table.insert(moved, 2, "in")
show(table.concat(moved, ","), table.remove(moved), table.remove(moved, 1), #moved)
show(table.unpack({n = 3, 1, nil, 3}, 1, 3))

-- Counting words: many short strings as keys.
local counts = {}
for i = 1, 20000 do
    local key = "k" .. i % 997
    counts[key] = (counts[key] or 0) + i
end
local keys = {}
for key in pairs(counts) do keys[#keys + 1] = key end
table.sort(keys)
show(#keys, keys[1], counts[keys[1]], keys[#keys], counts[keys[#keys]])

-- Integers.
show(7 // 2, -7 // 2, 7 % -3, -7 % 3, 7.5 // 2, 1 << 62, 1 << 63, 1 << 64, ~0, 5 // 0.0)
show(math.maxinteger + 1 == math.mininteger, math.tointeger(3.0), 10 // 3 * 3, "10" + 5)
show(math.type(1), math.type(1.0), math.type("1"), math.ult(1, -1), 0x7fffffffffffffff)

-- Closures, coroutines, metatables.
local function counter()
    local n = 0
    return function() n = n + 1; return n end
end
local a, b = counter(), counter()
show(a(), a(), b(), a())
local function permute(list, n)
    n = n or #list
    if n <= 1 then coroutine.yield(table.concat(list)) end
    for i = 1, n do
        list[n], list[i] = list[i], list[n]
        if n > 1 then permute(list, n - 1) end
        list[n], list[i] = list[i], list[n]
    end
end
for p in coroutine.wrap(function() permute({"a", "b", "c", "d"}) end) do io.write(p, " ") end
print()
local vector = {}
vector.__index = vector
vector.__add = function(p, q) return setmetatable({p[1] + q[1], p[2] + q[2]}, vector) end
vector.__eq = function(p, q) return p[1] == q[1] and p[2] == q[2] end
vector.__tostring = function(p) return "(" .. p[1] .. "," .. p[2] .. ")" end
vector.__len = function() return 2 end
vector.__call = function(p, factor) return setmetatable({p[1] * factor, p[2] * factor}, vector) end
vector.__close = function(p) print("closed", p) end
local p, q = setmetatable({1, 2}, vector), setmetatable({3, 4}, vector)
show(tostring(p + q), p == q, #p, tostring(p(10)), p + q == setmetatable({4, 6}, vector))
do local scoped <close> = p(7) end

-- Errors. The script's name in a message depends on where it lies.
local function unplaced(text) return (tostring(text):gsub("^.-:(%d+):", "line %1:")) end
show(pcall(error, {code = 1}) == false, select(2, pcall(error, "text", 0)))
show(unplaced(select(2, pcall(function() local x = nil; return x.y end))))
show(select(2, xpcall(function() error("deep") end, function(m) return "handled " .. unplaced(m) end)))
show(load("return 1 +")) -- a syntax error with its place
show(load("local a <const> = 1; a = 2"))
goto finish
print("not reached")
::finish::
collectgarbage()
show(collectgarbage("count") > 10, #text)
