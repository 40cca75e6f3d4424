#pragma once
// The text helpers are part of the contract: <zmig/text.h>.
#include <zmig/text.h>
