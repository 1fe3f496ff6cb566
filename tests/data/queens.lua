-- SPDX-License-Identifier: MIT
-- All placements of N queens (the argument, 8 if there is none): each as the columns by
-- row, the first also as a board, then how many there are.
local size = tonumber(arg[1]) or 8
local column_of, used, rising, falling = {}, {}, {}, {}
local count = 0

local function draw()
    for row = 1, size do
        local line = {}
        for column = 1, size do
            line[column] = column_of[row] == column and "Q" or "."
        end
        print(table.concat(line, " "))
    end
end

local function place(row)
    if row > size then
        count = count + 1
        print(table.concat(column_of, " "))
        if count == 1 then draw() end
        return
    end
    for column = 1, size do
        local up, down = row + column, row - column
        if not (used[column] or rising[up] or falling[down]) then
            column_of[row] = column
            used[column], rising[up], falling[down] = true, true, true
            place(row + 1)
            used[column], rising[up], falling[down] = nil, nil, nil
        end
    end
end

place(1)
print(("%d queens: %d placements"):format(size, count))
