-- SPDX-License-Identifier: MIT
-- Drives Penlight, a library in Lua that nobody here wrote, from its Debian package
-- (lua-penlight): the modules that need no C library. Output is the same wherever Lua is.
package.path = "/usr/share/lua/5.4/?.lua;" .. package.path
local List = require "pl.List"
local OrderedMap = require "pl.OrderedMap"
local Set = require "pl.Set"
local array2d = require "pl.array2d"
local class = require "pl.class"
local comprehension = require("pl.comprehension").new()
local data = require "pl.data"
local func = require "pl.func"
local lexer = require "pl.lexer"
local permute = require "pl.permute"
local pretty = require "pl.pretty"
local seq = require "pl.seq"
local sip = require "pl.sip"
local stringio = require "pl.stringio"
local stringx = require "pl.stringx"
local tablex = require "pl.tablex"
local template = require "pl.template"
local types = require "pl.types"
local utils = require "pl.utils"
local xml = require "pl.xml"

local function sorted(iterator)
    local list = List(iterator)
    list:sort()
    return list
end

local numbers = List.range(1, 20)
print(numbers, numbers:filter(function(n) return n % 3 == 0 end), numbers:slice(3, 6))
print(numbers:map("*", 2):reduce("+"), List.split("a,b,,c", ","), numbers:reverse():chop(5, 20))
print(List{3, 1, 2}:sort(), List{1, 2, 3}:extend{4, 5}:put(0), List{"x", "y"}:concat("-"))

local map = OrderedMap()
map:set("one", 1):set("two", 2):set("three", 3)
map:insert(1, "zero", 0)
print(map, map:keys(), map:values())

local a, b = Set{1, 2, 3, 4}, Set{3, 4, 5}
print(sorted(Set.values(a + b)), sorted(Set.values(a * b)), sorted(Set.values(a - b)), a < a + b)

local grid = array2d.new(3, 4, function(i, j) return i * j end)
array2d.write(grid, nil, "%3d")
print(pretty.write(array2d.column(grid, 2), ""), array2d.reduce2("+", "*", grid))
print(pretty.write(array2d.transpose and array2d.transpose(grid) or {}, ""))

local Animal = class()
function Animal:_init(name) self.name = name end
function Animal:__tostring() return self.name .. ": " .. self:speak() end
local Dog, Cat = class(Animal), class(Animal)
function Dog:speak() return "bark" end
function Cat:_init(name, age)
    self:super(name)
    self.age = age
end
function Cat:speak() return "meow at " .. self.age end
local dog, cat = Dog("Rex"), Cat("Leo", 3)
print(dog, cat, dog:is_a(Animal), Dog:class_of(cat), cat:is_a(Cat))

print(List(comprehension "x^2 for x=1,10 if x % 2 == 1" ()), comprehension "sum(x for x=1,100)" ())

local table_ = data.read(stringio.open("name,amount,year\nann,12.5,2001\nbob,7,1999\ncy,30,2010\n"))
for name, amount in table_:select "name,amount where year > 2000 sort by amount" do print(name, amount) end
print(List(table_:column_by_name "amount"):reduce("+"))

local _1, _2 = func._1, func._2
print(func.I(_1 + _2 * 2)(3, 4), List(tablex.map(_1 * 10, {1, 2, 3})), tostring(_1 .. "!" .. _2))

for kind, value in lexer.lua("local x = 'hi' .. 0x1F -- note\nreturn x ~= nil") do
    io.write(kind, "=", tostring(value):gsub("\n", "\\n"), " ")
end
print()

for p in permute.order_iter{"a", "b", "c"} do io.write(table.concat(p), " ") end
print()

print(pretty.write{1, "two", {3, {4}}, [10] = true})
local read = pretty.read '{ name = "x", list = {1, 2, {y = false}} }'
print(read.name, #read.list, read.list[3].y, pretty.read "not a table", pretty.number(123456789, "M"))

print(List(seq.copy(seq.filter(seq.range(1, 30), function(n) return n % 7 == 0 end))))
print(seq.sum(seq.list{1, 2, 3}), List(seq.copy(seq.take(seq.keys{10, 20, 30}, 2))), seq.reduce("*", {1, 2, 3, 4, 5}))

local found = {}
print(sip.match("$v{name} = $d{value} ($q{note})", "speed = 42 ('fast')", found), found.name, found.value, found.note)
print(sip.match("$i-$i-$i", "not a date", found))

print(stringx.split("  many   words here "), stringx.strip("\t x \n"), stringx.center("mid", 11, "*"))
print(stringx.count("banana", "an"), stringx.partition("key=value=more", "="))
print(stringx.title("hello wide world"), stringx.lfind("abcabc", "c"), stringx.replace("aaa", "a", "b", 2))
print(stringx.splitlines("one\ntwo\r\nthree"), stringx.expandtabs("a\tb", 4), stringx.shorten("a long sentence", 9))
print(stringx.wrap("The library wraps long lines of text at the width it is told to use here", 24))
print(stringx.dedent("    one\n      two\n    three\n"), stringx.isalnum("a1"), stringx.endswith("file.lua", {".c", ".lua"}))

print(tablex.deepcompare({1, {2, x = 3}}, {1, {2, x = 3}}), tablex.find({5, 6, 7}, 6), tablex.size{1, 2, z = 3})
print(List(tablex.zip({1, 2}, {"a", "b"})):map(table.concat), sorted(tablex.keys{q = 1, p = 2}), List(tablex.range(10, 2, -3)))
print(pretty.write(tablex.merge({a = 1, b = 2}, {b = 3}), ""), List(tablex.sub({1, 2, 3, 4}, 2, -2)))
for key, value in tablex.sort{c = 3, a = 1, b = 2} do io.write(key, value, " ") end
print(tablex.compare_no_order({1, 2, 3}, {3, 2, 1}), tablex.reduce("..", {"x", "y", "z"}))

print((template.substitute([[
<ul>
# for i, item in ipairs(items) do
  <li>$(i): $(item:upper())</li>
# end
</ul>]], {items = {"first", "second"}, ipairs = ipairs})))

print(types.is_callable(print), types.is_integer(3.5), types.to_bool("yes"), types.type(List()))
print(utils.split("1 2 3", " ")[3], utils.choose(false, 1, 2), utils.string_lambda "|x| x * x"(12))

local document = xml.parse("<root a='1'><item>one</item><item k='v'>two &amp; three</item><empty/></root>")
print(document, document:child_with_name("item"):get_text(), #document:get_elements_with_name("item"))
print(xml.tostring(document, "", "  "))
