#pragma once
// The one place that knows which Catch2 is installed: version 3 where there is one, else version 2 (Debian 12).
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif
