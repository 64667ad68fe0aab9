"""Spanish numbers before what they count, as sequences of prompt names: *veintiún minutos, ciento un dólares*. Pure; no I/O.

Everything that is counted here is masculine (dólar, centavo, minuto), so there is one form of each number.
"""


def counted(n: int) -> tuple[str, ...]:
    """0 to 999,999, as it stands before a masculine noun: 1 is *un*, 21 *veintiún*, 100 *cien*, 101 *ciento un*, 1000 *mil*."""
    thousands, rest = divmod(n, 1000)
    if not thousands:
        return _below_thousand(rest)
    many = () if thousands == 1 else _below_thousand(thousands)
    return (*many, "thousand", *(_below_thousand(rest) if rest else ()))


def _below_thousand(n: int) -> tuple[str, ...]:
    if n <= 100:
        return _to_a_hundred(n)
    hundreds, rest = divmod(n, 100)
    hundred = "100_and" if hundreds == 1 else f"{hundreds}00"
    return (hundred, *(_to_a_hundred(rest) if rest else ()))


def _to_a_hundred(n: int) -> tuple[str, ...]:
    if n in (1, 21):
        return (f"{n}_counted",)
    tens, ones = divmod(n, 10)
    if n < 30 or not ones:
        return (str(n),)
    return (str(tens * 10), "tens_and", *_to_a_hundred(ones))
