"""Words that say what a full stop means: what it shortens, and what begins a sentence.

All in lower case and without the last full stop. Written down from general knowledge of the
languages named, the frequent words of each: what is missing costs a boundary too many or too few,
never a wrong finding.
"""

from __future__ import annotations


def _words(*lines: str) -> frozenset[str]:
    return frozenset(word for line in lines for word in line.split())


# No sentence ends with them, however they are written.
NEVER_LAST = _words(
    # English and Latin
    "e.g i.e eg ie vs viz cf approx incl excl p.s p.p.s n.b",
    # German
    "bzw z.b d.h i.d.r o.g ggf evtl inkl exkl zzgl abzgl sog bspw vgl urspr geb gegr gest ehem",
    "insb insbes hrsg mrd tsd allg einschl dipl lt s.u s.o kath evang",
    # French, Spanish, Portuguese, Italian
    "p.ex c.-à-d p.ej uds vds avda gral admón c.so v.le prof dott dott.ssa sig.ra sigg avv",
    # Dutch, Danish, Swedish, Norwegian, Finnish
    "bijv d.w.z m.b.t t.a.v i.v.m n.a.v m.a.w m.n o.a t.o.v f.eks bl.a dvs hhv pga ifm vha jf",
    "evt t.ex d.v.s s.k fr.o.m t.o.m p.g.a esim",
    # Polish, Czech, Slovak
    "np tzn tzw ul pl tj śp zob dr inż mgr płk např tzv resp pozn cca napr",
    # Russian, Ukrainian, Bulgarian
    "т.е т.к т.н г-н г-жа г-на напр см ср ул пл рис табл акад проф доц св обл р-н вкл тов",
    # Greek, Turkish, Hungarian, Romanian, Indonesian, Vietnamese
    "π.χ δηλ βλ λ.χ örn bkz yrd doç jl",
    # Hindi and its neighbours, Bengali
    "डॉ प्रो पं स्व ડૉ ডা ਡਾ",
)

# Written with a capital they name who or what follows: no sentence ends with them either.
TITLES = _words(
    "mr mrs ms mx dr prof messrs mmes rev fr hon gen col maj capt cpt lt sgt cpl pvt adm cmdr",
    "supt rep reps sen sens gov pres atty insp det mt ft msgr mons hr frl hl ing mag priv.-doz",
    "m mm mme mlle mlles mgr pr ste sra sres srta dra dña lic arq exmo exma ilmo sig sigg dott",
    "dott.ssa prof.ssa avv arch geom rag dhr mevr drs ir mej frk ks św hra ny tn bpk г-н г-жа",
    "проф акад κ κα κος mio",
)

# Written with a capital they stand within a sentence or end one: what follows decides.
NAMES = _words(
    "st sr jr esq inc ltd co corp llc plc cie bros assn dept univ inst ed eds al ave blvd rd ln",
    "sq hwy jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thur thurs",
    "fri sat sun ariz ark calif colo conn del fla ga ill ind kan ky la mass md mich minn miss",
    "mo mont neb nev okla ore pa penn tenn tex va vt wash wis wyo chr jh gmbh okt dez mrz janv",
    "févr avr juil déc ene abr ago dic bd pl dir",
)

# The same, however they are written.
SOMETIMES_LAST = _words(
    "al apr ph.d m.d b.a m.a b.s m.s msc bsc d.d.s ll.b ll.m mfl m.fl н.э тыс млн млрд гг вв",
    "s.r.o s.p.a s.r.l n.v b.v s.a s.l a.s med dent vet habil phil jur rer nat av env prov por",
    "hab ks им пр tel fax ext tlf tfn mob",
)

# A time of day, and what may come behind it in the same sentence.
CLOCK = _words("a.m p.m pm")
BEHIND_CLOCK = _words(
    "est edt et cst cdt ct mst mdt mt pst pdt pt gmt utc bst cet cest ist jst eastern central",
    "pacific mountain monday tuesday wednesday thursday friday saturday sunday mon tue tues wed",
    "thu thur thurs fri sat sun january february march april june july august september october",
    "november december jan feb mar apr jun jul aug sep sept oct nov dec",
)

# They end what they list or count: a capital behind them begins a sentence, nothing else does.
LISTS_AND_UNITS = _words(
    "etc usw u.s.w uvm u.v.m osv m.m enz ecc itd itp atd apod ff jne ym vb dll dsb т.д т.п др",
    "и.о oz lb lbs kg km cm mm ml mg ft hr hrs mins secs yr yrs wks mph sek std руб коп dkk nok",
    "kb mb gb",
)

# They point at a number; before anything else they are ordinary words.
BEFORE_NUMBERS = _words(
    "no nos nr nrs num núm nº n° № n vol vols fig figs tab p pp pg pgs pág págs page art arts",
    "sec secs ch chap par para eq eqs ex op cit app bd bde abb abs kap s ss z ziff rn seite cap",
    "fasc t tom rys poz str č ст п пп с рис стр fol lp min max v ver vers rev bldg rm apt ste",
    "est ca c rs rp kl lit",
)

# A letter behind them is a label, and may be the last word.
BEFORE_LABELS = _words(
    "plan option vitamin type class grade group section part appendix team hepatitis figure",
    "table exhibit model series variant version point step answer candidate person player",
    "column row category phase scenario variable node line gruppe klasse typ punkt variante",
    "groupe classe clase grupo tipo punto opción vitamine vitamina",
)

# A number with a full stop is an ordinal behind them, in German and its neighbours.
BEFORE_ORDINALS = _words(
    "am im zum vom beim ab bis seit der die das dem den des dieser ein einer und oder ihr sein",
    "ihrem seinem montag dienstag mittwoch donnerstag freitag samstag sonntag mandag tirsdag",
    "onsdag torsdag fredag lørdag søndag til fra dne od do ve na",
)
# What German often counts with such a number.
COUNTED = _words(
    "januar jänner februar märz april mai juni juli august september oktober november dezember",
    "jan feb mär mrz apr jun jul aug sep sept okt nov dez jahrhundert jahrtausend weltkrieg",
    "bundesliga platz geburtstag stock etage kapitel lebensjahr semester klasse auflage",
)

# Written with a capital they begin a sentence, also behind an abbreviation.
STARTERS = _words(
    # English
    "the this that these those a an it its he she they we you i his her their our your my there",
    "here what when where why who how which while if in on at by for from with without as after",
    "before since because although though but and or so yet then thus hence however therefore",
    "moreover furthermore meanwhile also once until unless during despite not now some many",
    "most all each every both few several another such even just only still instead otherwise",
    "perhaps maybe according to let please do does did is are was were have has can could",
    "should would use see note",
    # German
    "der die das ein eine einen einem einer es er sie wir ihr ich du man dies diese dieser",
    "dieses im am an auf aus bei mit nach von vom zu zum zur für durch über unter vor seit",
    "während wenn als da weil ob obwohl aber doch und oder sondern denn auch nur noch dann",
    "danach damit dabei dort hier heute jedoch allerdings außerdem deshalb daher trotzdem was",
    "wer wie wo warum wann welche kein keine nicht alle viele einige seine ihre unser bis",
    # French
    "le la les un une des du ce cet cette ces il elle ils elles on nous vous je tu ça que qui",
    "quand comme si dans en sur sous avec sans pour par depuis pendant après avant mais et ou",
    "donc car ni puis ensuite ainsi alors aussi enfin cependant toutefois néanmoins selon lors",
    "malgré son sa ses leur leurs mon ma mes notre votre tout tous toutes plusieurs chaque quel",
    "quelle où à au aux pourquoi comment",
    # Spanish, Portuguese
    "el los las una unos unas lo este esta estos estas ese esa aquel él ella ellos ellas yo tú",
    "usted nosotros con sin por para desde hasta según sobre entre tras durante cuando aunque",
    "pero y o ni quien donde porque pues así también además entonces luego después antes ahora",
    "hoy aquí sí su sus mi mis nuestro se al todo todos muchos algunos cada otro qué cómo os as",
    "um uma isso ele ela eles eu você nós em na nos nas com sem até segundo quando embora e nem",
    "quem onde pois assim além então depois agora hoje não seu sua seus suas muitos alguns",
    "outro",
    # Italian, Dutch
    "lo gli uno questo questa questi quello quella egli lui lei loro noi voi io nel nella senza",
    "per dal tra fra dopo prima quando come anche ma né chi dove perché poi quindi così inoltre",
    "ora oggi non het een dit dat deze hij zij ze wij ik jij er op aan met voor door uit naar",
    "bij om toen wanneer omdat maar of dus ook daarna daarom daar geen niet veel",
    # Danish, Swedish, Norwegian
    "det den en et ett som han hun hon vi jeg jag på og och för til till fra från når när hvis",
    "men så også hvad hva vad hvorfor varför dette denne detta ikke inte",
    # Polish, Czech
    "to ten ta te w we z ze na do po od dla przy nie ale oraz jednak gdy kiedy jak jeśli ona",
    "oni ja co kto gdzie dlaczego jest są v ve však když pokud já kdo kde proč je jsou",
    # Russian, Ukrainian, Bulgarian
    "в во на по с со из к ко о об от до за при для у но а и он она оно они мы вы я ты это этот",
    "эта эти тот как когда если что кто где почему так также потом затем однако поэтому не его",
    "её их после перед та це він вона вони ми як коли якщо що той тя те ние аз това тази ако",
    "когато",
    # Greek, Turkish, Hungarian, Romanian
    "ο η το οι τα αυτό ένα μια στο στη και αλλά όταν αν τι γιατί bu şu ve ama bir ben sen biz",
    "siz çünkü ancak fakat az ez egy és ha mert nem ea ei este în cu și dar",
)

# In small letters they begin the sentences of those who write no capitals.
SMALL_STARTERS = _words(
    "so i it its it's he she they we you this that these those the there what why how who",
    "thanks thank please maybe im ive dont don didn doesn isn thats theres lets here yes ok",
    "okay sorry lol cheers regards hi hello http https www je tu il elle ils elles nous vous on",
    "ça c j yo gracias",
)

# A surname may begin with them: behind an initial they begin no sentence.
PARTICLES = _words("de da di do du del della dal van von der den el al zu la le")

# What a French or Italian word may have before its apostrophe.
ELISIONS = _words("l d c j n s m t qu un dell all nell sull dall")
# Names that end with an exclamation mark.
EXCLAIMED = _words("yahoo yum jeopardy")
# Words that are short and have no vowel, but are whole.
WHOLE = _words("tv pc cd dvd css sql pdf php npm ssh xml csv svg dns vpn gps btw thx pls hmm shh")
