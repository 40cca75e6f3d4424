#pragma once
/// A list that is cheap to copy: copies share their elements until one of them is written to. It is used like a vector.
///
/// A schema has thousands of columns, and a history keeps one schema for each migration; what two neighbours share is
/// in memory once, and comparing it costs a look at two addresses. Reading through a const list never copies. Writing
/// access (non-const [], iterators, front, back) gives the list an element of its own first; a reference that was got
/// for writing is not to be used any more once the list has been copied.

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

namespace zmig {

template <class T>
class CowList {
  using Slot = std::shared_ptr<T>;
  using Slots = std::vector<Slot>;

  template <bool kConst>
  class Cursor {
    using SlotPointer = std::conditional_t<kConst, const Slot*, Slot*>;

   public:
    using iterator_category = std::random_access_iterator_tag;
    using value_type = T;
    using difference_type = std::ptrdiff_t;
    using reference = std::conditional_t<kConst, const T&, T&>;
    using pointer = std::conditional_t<kConst, const T*, T*>;

    Cursor() = default;
    explicit Cursor(SlotPointer at) : at_(at) {}
    // NOLINTNEXTLINE(google-explicit-constructor): an iterator converts to a const one
    operator Cursor<true>() const { return Cursor<true>(at_); }

    reference operator*() const {
      if constexpr (kConst) {
        return **at_;
      } else {
        return own(*at_);
      }
    }
    pointer operator->() const { return &**this; }
    reference operator[](difference_type by) const { return *(*this + by); }
    Cursor& operator++() {
      ++at_;
      return *this;
    }
    Cursor operator++(int) { return Cursor(at_++); }
    Cursor& operator--() {
      --at_;
      return *this;
    }
    Cursor operator--(int) { return Cursor(at_--); }
    Cursor& operator+=(difference_type by) {
      at_ += by;
      return *this;
    }
    Cursor& operator-=(difference_type by) {
      at_ -= by;
      return *this;
    }
    friend Cursor operator+(Cursor a, difference_type by) { return a += by; }
    friend Cursor operator+(difference_type by, Cursor a) { return a += by; }
    friend Cursor operator-(Cursor a, difference_type by) { return a -= by; }
    friend difference_type operator-(Cursor a, Cursor b) { return a.at_ - b.at_; }
    friend bool operator==(Cursor a, Cursor b) { return a.at_ == b.at_; }
    friend auto operator<=>(Cursor a, Cursor b) { return a.at_ <=> b.at_; }

   private:
    friend class CowList;
    SlotPointer at_ = nullptr;
  };

 public:
  using value_type = T;
  using size_type = std::size_t;
  using difference_type = std::ptrdiff_t;
  using reference = T&;
  using const_reference = const T&;
  using iterator = Cursor<false>;
  using const_iterator = Cursor<true>;

  CowList() = default;
  CowList(std::initializer_list<T> list) : CowList(list.begin(), list.end()) {}
  template <std::input_iterator Iterator>
  CowList(Iterator first, Iterator last) {
    for (; first != last; ++first) push_back(*first);
  }
  // NOLINTNEXTLINE(google-explicit-constructor): a vector of the same elements is the same list
  CowList(std::vector<T> list) : CowList(std::make_move_iterator(list.begin()), std::make_move_iterator(list.end())) {}

  [[nodiscard]] bool empty() const { return size() == 0; }
  [[nodiscard]] std::size_t size() const { return slots_ ? slots_->size() : 0; }

  [[nodiscard]] const T& operator[](std::size_t index0) const { return *(*slots_)[index0]; }
  [[nodiscard]] T& operator[](std::size_t index0) { return own(slots()[index0]); }
  [[nodiscard]] const T& at(std::size_t index0) const {
    check(index0);
    return (*this)[index0];
  }
  [[nodiscard]] T& at(std::size_t index0) {
    check(index0);
    return (*this)[index0];
  }
  [[nodiscard]] const T& front() const { return (*this)[0]; }
  [[nodiscard]] T& front() { return (*this)[0]; }
  [[nodiscard]] const T& back() const { return (*this)[size() - 1]; }
  [[nodiscard]] T& back() { return (*this)[size() - 1]; }

  /// As the other begin(): the same for every empty list, also for one that was emptied and keeps its storage.
  [[nodiscard]] const_iterator begin() const { return const_iterator(empty() ? nullptr : slots_->data()); }
  [[nodiscard]] const_iterator end() const { return begin() + static_cast<std::ptrdiff_t>(size()); }
  [[nodiscard]] const_iterator cbegin() const { return begin(); }
  [[nodiscard]] const_iterator cend() const { return end(); }
  [[nodiscard]] iterator begin() { return empty() ? iterator() : iterator(slots().data()); }
  [[nodiscard]] iterator end() { return begin() + static_cast<std::ptrdiff_t>(size()); }
  [[nodiscard]] auto rbegin() const { return std::make_reverse_iterator(end()); }
  [[nodiscard]] auto rend() const { return std::make_reverse_iterator(begin()); }

  void push_back(T value) { slots().push_back(std::make_shared<T>(std::move(value))); }
  template <class... Args>
  T& emplace_back(Args&&... args) {
    push_back(T{std::forward<Args>(args)...});
    return back();
  }
  void pop_back() { slots().pop_back(); }
  void clear() { slots_.reset(); }
  void reserve(std::size_t count) { slots().reserve(count); }
  void resize(std::size_t count) {
    if (count < size()) slots().resize(count);
    while (size() < count) push_back(T{});
  }
  iterator insert(const_iterator before, T value) {
    const std::ptrdiff_t index0 = before - std::as_const(*this).begin();
    Slots& mine = slots();
    mine.insert(mine.begin() + index0, std::make_shared<T>(std::move(value)));
    return begin() + index0;
  }
  template <std::input_iterator Iterator>
  iterator insert(const_iterator before, Iterator first, Iterator last) {
    const std::ptrdiff_t index0 = before - std::as_const(*this).begin();
    Slots more;
    for (; first != last; ++first) more.push_back(std::make_shared<T>(*first));
    Slots& mine = slots();
    mine.insert(mine.begin() + index0, more.begin(), more.end());
    return begin() + index0;
  }
  iterator erase(const_iterator at) { return erase(at, at + 1); }
  iterator erase(const_iterator first, const_iterator last) {
    const std::ptrdiff_t from = first - std::as_const(*this).begin();
    const std::ptrdiff_t to = last - std::as_const(*this).begin();
    Slots& mine = slots();
    mine.erase(mine.begin() + from, mine.begin() + to);
    return begin() + from;
  }
  /// The element at `from` goes to the place in front of which `to` stands (size(): the end).
  void move_element(std::size_t from, std::size_t to) {
    Slots& mine = slots();
    const auto begin = mine.begin();
    const auto at = [&](std::size_t index0) { return begin + static_cast<std::ptrdiff_t>(index0); };
    if (to > from) {
      std::rotate(at(from), at(from + 1), at(to));
    } else {
      std::rotate(at(to), at(from), at(from + 1));
    }
  }
  template <class Predicate>
  std::size_t remove_if(Predicate predicate) {
    const auto matches = [&](const T& one) { return predicate(one); };
    const std::size_t before = size();
    if (std::none_of(std::as_const(*this).begin(), std::as_const(*this).end(), matches)) return 0;
    std::erase_if(slots(), [&](const Slot& slot) { return predicate(std::as_const(*slot)); });
    return before - size();
  }
  template <class Less>
  void sort(Less less) {
    const auto in_order = [&](const Slot& a, const Slot& b) { return less(std::as_const(*a), std::as_const(*b)); };
    if (empty() || std::is_sorted(slots_->begin(), slots_->end(), in_order)) return;
    std::stable_sort(slots().begin(), slots().end(), in_order);
  }

  /// Whether the element is the very same object in both: then it is equal without a look at it.
  [[nodiscard]] bool shares(std::size_t index0, const CowList& other, std::size_t other_index0) const {
    return (*slots_)[index0] == (*other.slots_)[other_index0];
  }
  /// Whether both are one list in memory.
  [[nodiscard]] bool shares(const CowList& other) const { return slots_ == other.slots_; }

  bool operator==(const CowList& other) const {
    if (shares(other)) return true;
    if (size() != other.size()) return false;
    for (std::size_t i = 0; i < size(); ++i) {
      if (!shares(i, other, i) && !((*this)[i] == other[i])) return false;
    }
    return true;
  }

 private:
  static T& own(Slot& slot) {
    if (slot.use_count() != 1) slot = std::make_shared<T>(std::as_const(*slot));
    return *slot;
  }
  Slots& slots() {
    if (!slots_) {
      slots_ = std::make_shared<Slots>();
    } else if (slots_.use_count() != 1) {
      slots_ = std::make_shared<Slots>(*slots_);
    }
    return *slots_;
  }
  void check(std::size_t index0) const {
    if (index0 >= size()) throw std::out_of_range("CowList::at");
  }

  std::shared_ptr<Slots> slots_;
};

/// As std::erase_if: removes what matches and says how many that were.
template <class T, class Predicate>
std::size_t erase_if(CowList<T>& list, Predicate predicate) {
  return list.remove_if(predicate);
}

}  // namespace zmig
