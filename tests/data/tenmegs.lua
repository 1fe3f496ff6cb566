-- SPDX-License-Identifier: MIT
-- A string of 10 MiB, built three ways, and what it costs the collector to forget it.
local megabyte = 1024 * 1024
local size = 10 * megabyte

local pieces = {}
for i = 1, size // 64 do pieces[i] = ("%064d"):format(i) end
local joined = table.concat(pieces)
pieces = nil

local grown, count = "", 0
while #grown < size do
    grown = grown .. joined:sub(#grown + 1, #grown + megabyte)
    count = count + 1
end
print(#joined, joined == grown, count, joined:sub(-10))

local repeated = ("0123456789abcdef"):rep(size // 16)
print(#repeated, repeated:sub(5 * megabyte + 1, 5 * megabyte + 20), repeated:find("f0", 1, true))

local check = 0
for i = 1, size, 997 do check = (check * 33 + joined:byte(i) + repeated:byte(i)) % 1000000007 end
print("check", check)

local upper = repeated:upper()
print(upper:sub(1, 16), select(2, upper:sub(1, megabyte):gsub("F", "f")))

joined, grown, repeated, upper = nil, nil, nil, nil
collectgarbage()
print("forgotten", collectgarbage("count") < 4 * 1024)
