#pragma once
/// The codec of the zmig language: the only public thing of dsl/.

#include <memory>

#include <zmig/migration.h>

namespace zmig::dsl {

/// Owns nothing outside itself; safe to share between threads.
std::unique_ptr<ScriptCodec> make_codec();

}  // namespace zmig::dsl
