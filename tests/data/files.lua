-- SPDX-License-Identifier: MIT
-- Files in the folder given as argument: read, write, seek, append, errors, removal.
local folder = assert(arg[1], "a folder")
local path = folder .. "/outpost-files-test"
local other = path .. ".other"

local function message(text)
    text = tostring(text)
    local from, to = text:find(folder, 1, true)
    return from and text:sub(1, from - 1) .. "DIR" .. text:sub(to + 1) or text
end

local file = assert(io.open(path, "w"))
for i = 1, 1000 do file:write(i, " ", i * i, " ", ("%05.2f"):format(i / 7), "\n") end
print("size while writing", file:seek("cur"))
file:close()

local lines, sum = 0, 0
for line in io.lines(path) do
    lines = lines + 1
    sum = sum + tonumber(line:match("^%d+ (%d+)"))
end
print("lines", lines, "sum", sum)

file = assert(io.open(path, "r+"))
print("end", file:seek("end"))
print("set", file:seek("set", 100), file:read(20))
print("cur", file:seek("cur", -10), file:read("l"))
print("numbers", file:read("n", "n", "n"))
print("bad seek", file:seek("set", -5))
file:seek("set", 10)
file:write("OVERWRITTEN")
file:seek("set", 0)
print("start", file:read(40))
print("rest", #file:read("a"), file:read("a") == "", file:read("l"), file:read(0))
file:close()

file = assert(io.open(path, "a+"))
file:write("appended\n")
print("append at", file:seek("cur"))
file:seek("set", 0)
print("first", file:read("L"))
file:write("always at the end\n")
file:close()
file = io.open(path)
file:seek("end", -27)
print("tail", file:read("a"))
file:close()

-- A hole, then the bytes around it.
file = assert(io.open(other, "w+b"))
file:seek("set", 100000)
file:write("\0\255\16end")
file:seek("set", 99990)
print("hole", file:read(20):byte(1, -1))
print("size", file:seek("end"))
file:close()

-- Buffering modes, binary content, many small writes.
for _, mode in ipairs({"no", "line", "full"}) do
    file = assert(io.open(other, "wb"))
    file:setvbuf(mode, 300)
    for i = 0, 2000 do file:write(string.char(i % 256)) end
    file:close()
    file = io.open(other, "rb")
    local data, check = file:read("a"), 0
    for i = 1, #data do check = (check * 33 + data:byte(i)) % 65521 end
    print(mode, #data, check)
    file:close()
end

print("missing", message(select(2, io.open(folder .. "/no/such/file"))),
      select(3, io.open(folder .. "/no/such/file")))
print("folder", message(select(2, io.open(folder, "w"))))
print("write to reader", io.open(path, "r"):write("x") == nil)
print("rename", os.rename(other, other .. "2"), io.open(other) == nil)
print("remove", os.remove(other .. "2"), message(select(2, os.remove(other .. "2"))))
print("remove", os.remove(path))
local temporary = io.tmpfile()
if temporary then
    temporary:write("temporary ", 42)
    temporary:seek("set")
    print("tmpfile", temporary:read("a"))
    temporary:close()
end
print("types", io.type(temporary), io.type(io.stdout), io.type(1))
io.stdout:write("done", "\n"):flush()
