/* lanes.h - lists of lanes for shuffles: lane i is lane i ^ s. */
#ifndef KETSIM_CORE_LANES_H
#define KETSIM_CORE_LANES_H

#define LANES2(s) 0 ^ (s), 1 ^ (s)
#define LANES4(s) LANES2(s), 2 ^ (s), 3 ^ (s)
#define LANES8(s) LANES4(s), 4 ^ (s), 5 ^ (s), 6 ^ (s), 7 ^ (s)
#define LANES16(s) LANES8(s), 8 ^ (s), 9 ^ (s), 10 ^ (s), 11 ^ (s), 12 ^ (s), 13 ^ (s), 14 ^ (s), 15 ^ (s)

/* A list of so many, count being a macro or a number. */
#define LANES_(count, s) LANES##count(s)
#define LANES_OF(count, s) LANES_(count, s)

/* Real and imaginary parts of a vector of so many reals, exchanged. */
#define EXCHANGE_PARTS(v, reals) __builtin_shufflevector(v, v, LANES_OF(reals, 1))

#endif
