// The secret that tokens in tests have.
#pragma once

namespace anneal {

// Of "correct horse", at the least cost.
inline constexpr char kTestHash[] = "$2y$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e";

}  // namespace anneal
