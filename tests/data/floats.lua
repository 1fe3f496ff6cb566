-- SPDX-License-Identifier: MIT
-- Floating point: formats, conversions both ways, rounding, functions. No NaN is printed
-- (its sign differs between machines) and functions are shown to 12 digits (libraries differ in the last).
local values = {0.0, -0.0, 1.0, -1.5, 0.1, 1 / 3, 2 / 3, 1e15, 1e16, 123456789012345678, 1e100, 1e-100, 2^53,
                2^53 + 1, 2^-1022, 1.7976931348623157e308, 5e-324, 3.14159265358979,
                0.5, 1.5, 2.5, 1e21, 1e22, 1e23, 123456.789, 0.000123456, math.huge, -math.huge, 9007199254740993}
for _, value in ipairs(values) do
    print(value, ("%.0f %.1f %.3f"):format(value, value, value):sub(1, 60),
          ("%e %.0e %.20e"):format(value, value, value), ("%g %.3g %.17g"):format(value, value, value),
          ("%+.2f|% .2f|%012.2f|%-14.2e|%#.0f"):format(value, value, value, value, value):sub(1, 120))
end
for _, value in ipairs({1.0, -2.5, 0.1, 1e300, 255.75, 2^-1000}) do
    print(("%a %.3a %A"):format(value, value, value))
end

-- Text to number: exact, halfway, too large, too small, hexadecimal, malformed.
for _, text in ipairs({"0.1", "1e-5", ".5", "5.", "1e400", "-1e400", "1e-400", "0x1p4", "0x.8p1", "0xA.8", "1e",
                       "0x", "1e+", " 12 ", "1 2", "9007199254740993", "9007199254740992.5",
                       "2.2250738585072011e-308", "4.9406564584124654e-324", "2.4703282292062327e-324",
                       "179769313486231580793728971405301e276", "0.1e1", "inf", "nan", "1_000",
                       "123456789012345678901234567890", "0xffffffffffffffffff"}) do
    local value = tonumber(text)
    print(text, value, value and ("%.17g"):format(value))
end

-- Every value survives its shortest and its 17-digit form.
local state, bad = 88172645463325252, 0
for _ = 1, 20000 do
    state = state ~ (state << 13)
    state = state ~ (state >> 7)
    state = state ~ (state << 17)
    local value = string.unpack("d", string.pack("i8", state))
    if value == value and tonumber(("%.17g"):format(value)) ~= value then bad = bad + 1 end
end
print("lost in round trips", bad)
local check = 0
for i = 1, 2000 do
    local text = ("%.14g %.6f %.3e"):format(i / 7, i * 1.1, i ^ 3.5)
    for j = 1, #text do check = (check * 31 + text:byte(j)) % 1000000007 end
end
print("formats", check)

-- Integers and floats.
print(3 | 0, 3.0 | 0, (pcall(function() return 3.5 | 0 end)))
print(1e15 == 10^15, 2^63 == math.maxinteger, math.maxinteger + 0.0, -2^63 == math.mininteger)
print(3 // 0.0, -3 // 0.0, 0.0 == -0.0, 1 / -0.0, 5.3 % 2, -5.3 % 2, 5.3 % -2, 5.5 // -2)
print(math.floor(-3.5), math.ceil(-3.5), math.floor(1e300) == 1e300, math.fmod(-7, 3), math.modf(-3.7))
print(0 / 0 ~= 0 / 0, math.max(1, 2.5), math.min(3, -0.0), math.abs(math.mininteger), 7 / 2)

local functions = {"sqrt", "sin", "cos", "tan", "exp", "log", "atan", "asin", "acos"}
for _, name in ipairs(functions) do
    local line = {name}
    for _, x in ipairs({0.1, 0.5, 0.9, 1.0}) do line[#line + 1] = ("%.12g"):format(math[name](x)) end
    print(table.concat(line, " "))
end
print(("%.12g %.12g %.12g"):format(math.log(8, 2), math.log(1000, 10), 2 ^ 0.5), math.pi)
math.randomseed(42)
print(math.random(1, 100), math.random(1, 100), ("%.12f"):format(math.random()))
